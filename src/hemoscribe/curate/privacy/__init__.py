"""What the curated rows could tell of somebody, and coarser rows that tell less."""
