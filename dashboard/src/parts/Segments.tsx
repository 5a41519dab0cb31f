interface Choice<Value extends string> {
  value: Value;
  label: string;
}

/** A few choices, of which one holds. */
export function Segments<Value extends string>({
  label,
  choices,
  value,
  onChange,
  className = "",
  disabled = false,
}: {
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  className?: string;
  disabled?: boolean;
}) {
  return (
    <span className={`segments ${className}`} role="group" aria-label={label}>
      {choices.map((each) => (
        <button key={each.value} type="button" disabled={disabled} aria-pressed={each.value === value} onClick={() => onChange(each.value)}>
          {each.label}
        </button>
      ))}
    </span>
  );
}
