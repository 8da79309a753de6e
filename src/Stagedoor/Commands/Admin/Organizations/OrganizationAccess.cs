using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary>What a user may do in an organization, as verbs spell it.</summary>
internal enum Level
{
    Pull = 1,
    Push = 3,
    Manage = 7,
}

/// <summary>A user's grant on an organization.</summary>
internal sealed record Grant(string Organization, string UserId, string UserName, int Auth)
{
    internal string Words => Auth switch { 7 => "manage", 3 => "push", 1 => "pull", _ => "nothing" };

    /// <summary>The level of a word; null when there is none.</summary>
    internal static Level? Find(string word) => word switch { "pull" => Level.Pull, "push" => Level.Push, "manage" => Level.Manage, _ => null };
}

/// <summary>The organizations of the account that asks, and their grants.</summary>
internal sealed class OrganizationAccess(ServerClient client)
{
    private const string Path = "/v2/manage/namespaces";

    /// <summary>Whether the organization is there.</summary>
    internal async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetAsync($"{Path}/{Uri.EscapeDataString(name)}", cancellationToken);
            return true;
        }
        catch (ServerRefusal e) when (e.ExitCode is ExitCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Makes the organization; false when it is there already, in this account.</summary>
    internal async Task<bool> MakeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.CallAsync(HttpMethod.Post, Path, new JsonObject { ["namespace"] = name }, cancellationToken);
            return true;
        }
        catch (ServerRefusal e) when (e.ExitCode is ExitCode.Conflict)
        {
            if (await ExistsAsync(name, cancellationToken))
            {
                return false;
            }

            // Another account's, in the server's own words.
            throw;
        }
    }

    internal async Task<IReadOnlyList<JsonElement>> ListAsync(CancellationToken cancellationToken) =>
        (await client.GetAsync(Path, cancellationToken)).Items("namespaces");

    /// <summary>All grants on an organization, that of who asks first.</summary>
    internal async Task<IReadOnlyList<Grant>> GrantsAsync(string name, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync($"{Path}/{Uri.EscapeDataString(name)}/access", cancellationToken);
        return [.. answer.Items("others_auths").Prepend(answer.Member("self_auth")).Select(g => new Grant(name, g.Text("user_id"), g.Text("user_name"), (int)g.Number("auth")))];
    }

    /// <summary>The grants of one user, in every organization that who asks sees; empty where there is no image repository.</summary>
    internal async Task<IReadOnlyList<Grant>> GrantsOfAsync(string userId, CancellationToken cancellationToken)
    {
        var grants = new List<Grant>();
        IReadOnlyList<JsonElement> organizations;
        try
        {
            organizations = await ListAsync(cancellationToken);
        }
        catch (ServerRefusal e) when (e.IsUnknownOperation)
        {
            return [];
        }

        foreach (var organization in organizations)
        {
            try
            {
                grants.AddRange((await GrantsAsync(organization.Text("name"), cancellationToken)).Where(g => string.Equals(g.UserId, userId, StringComparison.Ordinal)));
            }
            catch (ServerRefusal e) when (e.ExitCode is ExitCode.NotFound)
            {
                // It was deleted a moment ago.
            }
        }

        return grants;
    }

    /// <summary>Lets the user do this there, whatever it could do before; what it could do.</summary>
    /// <param name="name">The organization.</param>
    /// <param name="user">Who.</param>
    /// <param name="level">What.</param>
    /// <param name="atLeast">A greater grant stays.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<GrantChange> GrantAsync(string name, AccountUser user, Level level, bool atLeast, CancellationToken cancellationToken)
    {
        var path = $"{Path}/{Uri.EscapeDataString(name)}/access";
        var body = () => new JsonArray(new JsonObject { ["user_id"] = user.Id, ["user_name"] = user.Name, ["auth"] = (int)level });
        try
        {
            await client.CallAsync(HttpMethod.Post, path, body(), cancellationToken);
            return GrantChange.Made;
        }
        catch (ServerRefusal e) when (e.ExitCode is ExitCode.Conflict)
        {
            var has = (await GrantsAsync(name, cancellationToken)).FirstOrDefault(g => string.Equals(g.UserId, user.Id, StringComparison.Ordinal))?.Auth ?? 0;
            if (has == (int)level || (atLeast && has > (int)level))
            {
                return GrantChange.None;
            }

            await client.CallAsync(HttpMethod.Patch, path, body(), cancellationToken);
            return GrantChange.Changed;
        }
    }

    internal Task RevokeAsync(string name, string userId, CancellationToken cancellationToken) =>
        client.CallAsync(HttpMethod.Delete, $"{Path}/{Uri.EscapeDataString(name)}/access", new JsonArray(userId), cancellationToken);
}

/// <summary>What became of a grant.</summary>
internal enum GrantChange
{
    Made,
    Changed,
    None,
}
