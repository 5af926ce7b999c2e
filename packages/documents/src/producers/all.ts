import type { Producer } from '../producer.ts'
import { charts } from './charts.ts'
import { rules } from './rules.ts'
import { stories } from './stories.ts'

/**
 * Every maker of generated files, in their order. Those that need no test run come first: the tests look at what they
 * make. A new one is a file in this folder and a line here.
 */
export const producers: readonly Producer[] = [charts, stories, rules]
