"""The demo network: Merrow County, invented from end to end (domain.md §7), and its main job as a story."""
