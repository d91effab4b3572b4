"""The READMEs: twins, and every command in them works as printed."""
