"""``python -m hemoscribe``: the command line, as ``accelerate launch -m hemoscribe`` starts it."""

from hemoscribe.cli import main

if __name__ == "__main__":
    main()
