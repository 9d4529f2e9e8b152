/** Thrown where a template would fill the memory instead of looping. */
export class TooLarge extends Error {}
