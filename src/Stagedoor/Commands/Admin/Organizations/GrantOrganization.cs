using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary><c>stagedoor admin org grant</c></summary>
internal static class GrantOrganization
{
    internal static Command Create()
    {
        var name = new Argument<string>("ORG") { Description = "The organization." };
        var user = new Argument<string>("USER") { Description = "The user's name." };
        var level = new Argument<Level>("LEVEL")
        {
            Description = "pull, push, or manage: also delete, and grant to others.",
            CustomParser = static result =>
            {
                var word = result.Tokens[0].Value;
                if (Grant.Find(word) is { } known)
                {
                    return known;
                }

                result.AddError($"LEVEL is pull, push or manage, and not '{word}'.");
                return default;
            },
        };
        level.CompletionSources.Clear();
        level.CompletionSources.Add("pull", "push", "manage");
        return ServerVerb.Create("grant", "Let a user pull from, push to or manage an organization; replaces what it was granted before.", [name, user, level], async (call, cancellationToken) =>
        {
            var (organization, wanted) = (call.Get(name), call.Get(level));
            var found = await call.Directory.UserAsync(call.Get(user), cancellationToken);
            await new OrganizationAccess(call.Client).GrantAsync(organization, found, wanted, atLeast: false, cancellationToken);
            var words = new Grant(organization, found.Id, found.Name, (int)wanted).Words;
            call.Tell($"{found.Name} may {words} in {organization}.", new JsonObject { ["organization"] = organization, ["user"] = found.Name, ["may"] = words });
        });
    }
}
