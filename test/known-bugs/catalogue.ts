/** The rows of the catalogue of bugs that corosync, libqb and kronosnet fixed, by area and number. */
export const catalogue: readonly string[] = [
  ...['A1', 'A2', 'A3', 'A4', 'A5', 'A7', 'A8'],
  ...['B1', 'B2', 'B4', 'B6', 'B7', 'B8', 'B9', 'B10', 'B11', 'B12', 'B13'],
  ...['C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'D1', 'D2', 'D3', 'E3', 'E4', 'E5', 'E7', 'E8', 'F1', 'F2'],
  ...['G2', 'G3', 'G4', 'G5', 'H2', 'H3', 'H4', 'I1', 'I2', 'I3', 'J1', 'J2', 'J3', 'J4', 'J5'],
];

/** Those beside its rows, by commit. */
export const beside: readonly string[] = [];
