"""DVC and git, called as programs: the graph, its cache, snapshots of data, commits."""
