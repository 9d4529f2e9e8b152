/** Between two facts on a line. */
export const Dot = () => <span className="dot-between" aria-hidden="true" />;
