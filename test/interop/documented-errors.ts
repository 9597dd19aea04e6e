/**
 * Errors that corosync's manual (section 3) names for functions, by number of cs_error_t. Not among them are those that it
 * lists for every function of libquorum and libvotequorum alike: they belong to the connection, and `connections` of
 * libraries.test.ts brings about those of them that a daemon can be asked for.
 */
const [INVALID_PARAM, BAD_HANDLE, ACCESS, NOT_EXIST, NAME_TOO_LONG] = [7, 9, 11, 12, 13];

export const documentedErrors: Readonly<Record<string, readonly number[]>> = {
  cmap_dec: [INVALID_PARAM, ACCESS, NOT_EXIST],
  cmap_delete: [INVALID_PARAM, ACCESS, NOT_EXIST],
  cmap_finalize: [BAD_HANDLE],
  cmap_get: [INVALID_PARAM, NOT_EXIST],
  cmap_inc: [INVALID_PARAM, ACCESS, NOT_EXIST],
  // The end of an iteration, NO_SECTIONS, is what cmap_iter_next says, whatever the manual has.
  cmap_iter_finalize: [BAD_HANDLE],
  cmap_set: [INVALID_PARAM],
  cmap_set_string: [INVALID_PARAM, ACCESS],
  cmap_set_uint8: [NAME_TOO_LONG, ACCESS],
  cmap_track_add: [INVALID_PARAM],
  cmap_track_delete: [BAD_HANDLE],
  cpg_iteration_finalize: [BAD_HANDLE],
  // A second join is EXIST, whatever the manual has.
  cpg_iteration_initialize: [INVALID_PARAM, BAD_HANDLE],
};
