using System.CommandLine;
using System.Text.Json.Nodes;
using Stagedoor.Commands.Admin.Organizations;

namespace Stagedoor.Commands.Admin.Users;

/// <summary><c>stagedoor admin user show</c></summary>
internal static class ShowUser
{
    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The user's name." };
        return ServerVerb.Create("show", "A user with its roles in the account, its grants in organizations and its keys.", [name], async (call, cancellationToken) =>
        {
            var user = await call.Directory.UserAsync(call.Get(name), cancellationToken);
            var path = await call.Directory.GrantsPathAsync(user, null, cancellationToken);
            var roles = (await call.Client.GetAsync(path, cancellationToken)).Items("roles").Select(static r => r.Text("name")).ToList();
            var keys = await call.Directory.KeysAsync(user.Id, cancellationToken);
            var grants = await new OrganizationAccess(call.Client).GrantsOfAsync(user.Id, cancellationToken);
            if (call.IsJson)
            {
                ServerCall.Write(new JsonObject
                {
                    ["id"] = user.Id,
                    ["name"] = user.Name,
                    ["enabled"] = user.IsEnabled,
                    ["description"] = user.Description,
                    ["roles"] = new JsonArray([.. roles.Select(static r => (JsonNode)r)]),
                    ["grants"] = new JsonArray([.. grants.Select(static g => (JsonNode)new JsonObject { ["organization"] = g.Organization, ["may"] = g.Words })]),
                    ["keys"] = new JsonArray([.. keys.Select(static k => (JsonNode)new JsonObject { ["accessKey"] = k.Id, ["active"] = k.IsActive })]),
                });
                return;
            }

            ServerCall.Write($"user          {user.Name}  ({user.Id})");
            ServerCall.Write($"enabled       {(user.IsEnabled ? "yes" : "no")}");
            ServerCall.Write($"roles         {(roles.Count == 0 ? "-" : string.Join(", ", roles))}");
            foreach (var grant in grants)
            {
                ServerCall.Write($"organization  {grant.Organization}  {grant.Words}");
            }

            foreach (var key in keys)
            {
                ServerCall.Write($"access key    {key.Id}  {(key.IsActive ? "active" : "switched off")}");
            }
        });
    }
}
