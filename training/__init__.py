"""How lmd's bundled demo model is made: scenes, networks, training, export, judging."""
