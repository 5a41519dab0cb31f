import { useNavigate, useSearch } from "@tanstack/react-router";
import { Rich } from "../../parts/Rich";
import { Bare } from "../../shell/Bare";
import { texts } from "../../texts";
import { SignInForm } from "./SignInForm";
import "../welcome/welcome.css";

const COMMAND = "rapida users password EMAIL";

export function SignIn() {
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  return (
    <Bare>
      <section className="sign-in">
        <h1>{texts.signIn.title}</h1>
        <div className="form-sheet">
          <SignInForm onSignedIn={() => void navigate({ to: next ?? "/", replace: true })} />
        </div>
        <p className="hint">
          <Rich text={texts.signIn.lost} with={{ command: <code>{COMMAND}</code> }} />
        </p>
      </section>
    </Bare>
  );
}
