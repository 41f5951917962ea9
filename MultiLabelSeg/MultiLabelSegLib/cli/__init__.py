"""The command line ``mlseg``: one file a command, imported only when it is used."""
