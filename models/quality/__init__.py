"""How good a picture is."""
