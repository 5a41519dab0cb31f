import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { ME } from "../api/session";
import { texts } from "../texts";
import { Bands } from "./Bands";
import { SignInAgain } from "./SignInAgain";
import { BottomTabs } from "./BottomTabs";
import { TopLine } from "./TopLine";

/** What stands around every page of a person who is signed in. */
export function Shell() {
  const { data: me } = useSuspenseQuery(ME);
  const queries = useQueryClient();
  return (
    <>
      <a className="unseen" href="#content">
        {texts.shell.skip}
      </a>
      <TopLine me={me} />
      <Bands />
      <main id="content" key={me.project.id}>
        <Outlet />
      </main>
      <BottomTabs />
      <SignInAgain onSignedIn={() => void queries.invalidateQueries()} />
    </>
  );
}
