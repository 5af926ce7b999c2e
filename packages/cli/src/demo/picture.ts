import type { Sandbox } from '@realer-device/sandbox'
import type { Plant } from './plant.ts'

/** Each actuator of the house as it is, and as the cloud was last told. */
export type Picture = readonly {
  readonly route: string
  readonly is: string
  readonly known: string | null
}[]

/** Compares the house with what the cloud knows of it. */
export function pictureOf(sandbox: Pick<Sandbox, 'valueOf'>, plant: Pick<Plant, 'values'>): Picture {
  return Object.entries(plant.values).map(([route, is]) => ({ route, is, known: sandbox.valueOf(route) }))
}

/** PUB-10, PUB-11: what the cloud believes and is not so, a sentence each. */
export function faultsOfPicture(picture: Picture): string[] {
  return picture
    .filter(({ is, known }) => is !== known)
    .map(({ route, is, known }) => `the ${route} is ${is}, and the cloud was told ${known ?? 'nothing'}`)
}
