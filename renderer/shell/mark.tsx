/** The studio's sign: a drop of ink on its stone. */
export const Mark = () => (
  <span className="mark" aria-hidden="true">
    <svg viewBox="0 0 20 20" width="20" height="20">
      <rect x="3" y="2.5" width="14" height="15" rx="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path
        d="M10 5.2c1.5 2.4 3.4 4 3.4 6.200a3.400 3.400 0 0 1-6.800 0c0-2.200 1.900-3.800 3.400-6.200z"
        className="mark-ink"
      />
    </svg>
  </span>
);
