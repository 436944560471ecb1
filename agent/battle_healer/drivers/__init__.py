"""The only files that wait: they carry out what the loop asks for."""
