import type { DeviceEventName, DeviceEvents } from './device-events.ts'

/** Who listens to a device. */
export interface Listeners {
  /** Adds a listener; the returned function takes it away. A function that is added twice is called twice. */
  add<Name extends DeviceEventName>(name: Name, listener: (event: DeviceEvents[Name]) => void): () => void
  /** Calls the listeners of an event in the order in which they came. What one throws goes to `onFault` and stops no other. */
  emit<Name extends DeviceEventName>(name: Name, event: DeviceEvents[Name]): void
}

interface Entry {
  readonly name: DeviceEventName
  readonly call: (event: DeviceEvents[DeviceEventName]) => void
}

/** The listeners of one device. `onFault` is told of what a listener threw. */
export function createListeners(onFault: (name: DeviceEventName, error: unknown) => void): Listeners {
  let entries: readonly Entry[] = []
  return {
    add(name, listener) {
      // `emit` hands an entry only events of its own name.
      const entry: Entry = { name, call: listener as Entry['call'] }
      entries = [...entries, entry]
      return () => {
        entries = entries.filter((other) => other !== entry)
      }
    },
    emit(name, event) {
      for (const entry of entries) {
        if (entry.name !== name) continue
        try {
          entry.call(event)
        } catch (error) {
          onFault(name, error)
        }
      }
    },
  }
}
