/** Header of a refusal for its time: the meshlet's clock, ISO 8601, so that callers can allow for it. */
export const TIME_HEADER = 'meshlet-time'
