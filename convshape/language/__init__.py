"""The spec language: text to a graph, and a graph to text."""
