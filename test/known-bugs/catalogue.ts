/** The rows of the catalogue of bugs that corosync, libqb and kronosnet fixed, by area and number. */
export const catalogue: readonly string[] = [
  ...['A1', 'A2', 'A3', 'A4', 'A5', 'A7', 'A8'],
  ...['B1', 'B2', 'B4', 'B6', 'B7', 'B8', 'B9', 'B10', 'B11', 'B12', 'B13'],
];

/** Those beside its rows, by commit. */
export const beside: readonly string[] = [];
