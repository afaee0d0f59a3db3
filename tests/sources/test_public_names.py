"""What the folder offers stays a function, whatever was imported before."""

import importlib

import hemoscribe.sources as sources


def test_no_module_of_the_folder_hides_a_function_of_the_same_name() -> None:
    importlib.import_module("hemoscribe.simulation")
    for name in ("read", "read_folder", "read_panels"):
        assert callable(getattr(sources, name))
