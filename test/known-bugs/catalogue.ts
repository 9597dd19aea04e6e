/** The rows of the catalogue of bugs that corosync, libqb and kronosnet fixed, by area and number. */
export const catalogue: readonly string[] = [
  ...['A1', 'A2', 'A3', 'A4', 'A5', 'A7', 'A8'],
  ...['B1', 'B2', 'B4', 'B6', 'B7', 'B8', 'B9', 'B10', 'B11', 'B12', 'B13'],
  ...['C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'D1', 'D2', 'D3', 'E3', 'E4', 'E5', 'E7', 'E8', 'F1', 'F2'],
  ...['G2', 'G3', 'G4', 'G5', 'H2', 'H3', 'H4', 'I1', 'I2', 'I3', 'J1', 'J2', 'J3', 'J4', 'J5'],
];

/** Those beside its rows, by commit; several that are found by one test stand together. */
export const beside: readonly string[] = [
  ...[
    '3020fd57, 208d907f',
    '1d9f444f, ccb2290f',
    '48ffa889, 99faa3b8',
    '29c19bf5, fd9d3f0a',
    '0bf800e0',
    '8f281418',
  ],
  ...['37858299', '03f95dda', '329d1648, f448d5af', '6c3b337b', '600fb408', '7b02f176', '64fb3000'],
  'knet CVE-2026-15811, 15812, 15813',
  ...[
    'd6cbfe25',
    '9c69184c',
    '2d10e2bb',
    '0e86aa4a',
    '79f43112',
    '15b2e94c',
    '83aec0b8',
    '03379a0f',
    'a71ec5d9',
  ],
  ...['bd2e6b5d, 0c16442f', 'c832ade0', 'b8902464, b4c99346', 'b34c1e28', 'acad48bf', '2f24513d', '1135c911'],
  ...[
    '3b320c17',
    'libqb c89b11c, 7f56f58',
    'libqb 1bbaa92',
    'libqb e322e98, 6a4067c',
    'libqb e092430',
    '546aea23',
  ],
  ...['805a0f3c', 'db7eebf8', 'f837f95d', '125848d8', '997074cc', 'da5833e3', '6cc3a242', '77d9ea3c'],
  ...['791cc6c9, 461cf494, 9ff50d8e', 'd5005d5e, d768a10a'],
];
