import { Icon } from "../../parts/Icon";
import { texts } from "../../texts";

const TRIES = [
  ["cut", "cut", true],
  ["hold", "cough", false],
  ["keypad", "key", false],
] as const;

/** Three things that show what the phone can do. */
export function ToTry() {
  return (
    <section className="to-try">
      <h2>{texts.welcome.toTry}</h2>
      <ul>
        {TRIES.map(([icon, name, spoken]) => (
          <li key={name}>
            <i>
              <Icon name={icon} />
            </i>
            <b className={spoken ? "spoken" : undefined}>{texts.welcome.tries[name].do}</b>
            <p>{texts.welcome.tries[name].text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
