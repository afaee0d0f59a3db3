"""The account that curation gives of itself: summary, notices, pages, cards."""
