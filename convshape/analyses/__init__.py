"""Analyses: what is found out about a graph, each in a module that is loaded when it is asked for."""
