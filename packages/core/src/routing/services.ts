/** Numbers below are corosync's own services: they share its groups on the wire. */
export const FIRST_FOREIGN_SERVICE = 64;

/** From here on service numbers are for everybody. */
export const FIRST_FREE_SERVICE = 1024;
