/** What the program takes from the environment, for help and documentation. */
export const ENVIRONMENT: readonly (readonly [names: string, meaning: string])[] = [
  ['COMMUNE_SERVICE', 'PDS of your account, instead of `commune login`'],
  ['COMMUNE_IDENTIFIER', 'your handle or DID'],
  ['COMMUNE_PASSWORD', 'an app password; never given as an option, which others could see'],
  ['COMMUNE_REGISTRY_PASSWORD', 'password that `commune seal registry` encrypts'],
  ['COMMUNE_PLC_URL', 'PLC directory, when it is not the public one'],
  ['COMMUNE_PRIVATE_ADDRESSES', '`yes`: machines and PDSs may be in this network, as in a LAN'],
  ['COMMUNE_LABELERS', 'labelers whose advice about accounts is shown, with commas'],
  ['COMMUNE_DEBUG', 'say more, also where an error came from'],
  ['NO_COLOR', 'no colours'],
  ['XDG_CONFIG_HOME', 'where the login is kept, in the folder commune; ~/.config when absent'],
]
