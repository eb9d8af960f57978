"""The demo network: Merrow County, invented from end to end, and its main job as a story."""
