using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin;

/// <summary>A user of the account.</summary>
internal sealed record AccountUser(string Id, string Name, bool IsEnabled, string Description, string AccessMode)
{
    internal static AccountUser Of(JsonElement user) =>
        new(user.Word("id"), user.Text("name"), user.Flag("enabled"), user.FindText("description") ?? "", user.FindText("access_mode") ?? "");
}

/// <summary>A role that can be granted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Description">What it allows.</param>
/// <param name="IsGlobal">It is granted in the account only.</param>
internal sealed record AccountRole(string Id, string Name, string Title, string Description, bool IsGlobal)
{
    internal static AccountRole Of(JsonElement role) => new(
        role.Word("id"), role.Text("name"), role.FindText("display_name") ?? "", role.FindText("description") ?? "", role.FindText("type") is "AX");
}

/// <summary>An access key without its secret.</summary>
internal sealed record AccessKey(string Id, string UserId, bool IsActive, string Description, string CreatedAt)
{
    internal static AccessKey Of(JsonElement key) => new(
        key.Word("access"), key.Word("user_id"), key.Text("status") is "active", key.FindText("description") ?? "", key.FindText("create_time") ?? "");
}

/// <summary>An access key just made, with the secret that is shown only now.</summary>
internal sealed record NewAccessKey(string Id, string Secret);

/// <summary>The account that asks.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Project">Its default project's name.</param>
/// <param name="ProjectId">Its default project's id.</param>
/// <param name="Url">The address that its users come in by, as the server knows it.</param>
internal sealed record OwnAccount(string Id, string Name, string Project, string ProjectId, Uri Url);

/// <summary>Users, roles, keys and projects of the account that asks, by the names that people know.</summary>
internal sealed class Directory(ServerClient client)
{
    private const string Keys = "/v3.0/OS-CREDENTIAL/credentials";

    private OwnAccount? _account;
    private IReadOnlyList<AccountRole>? _roles;

    internal async Task<OwnAccount> AccountAsync(CancellationToken cancellationToken)
    {
        if (_account is not null)
        {
            return _account;
        }

        var answer = await client.GetAsync("/v3/auth/domains", cancellationToken);
        var domain = answer.Items("domains")[0];
        var id = domain.Word("id");
        var project = (await client.GetAsync("/v3/projects", cancellationToken)).Items("projects").FirstOrDefault(p => string.Equals(p.FindText("parent_id"), id, StringComparison.Ordinal));
        return _account = new(id, domain.Text("name"), project.Word("name"), project.Word("id"), answer.Member("links").Origin("self"));
    }

    internal async Task<AccountUser?> FindUserAsync(string name, CancellationToken cancellationToken) =>
        (await client.GetAsync($"/v3/users?name={Uri.EscapeDataString(name)}", cancellationToken)).Items("users")
            // Servers list everybody where they make nothing of a filter.
            .Select(AccountUser.Of).FirstOrDefault(u => string.Equals(u.Name, name, StringComparison.Ordinal));

    internal async Task<AccountUser> UserAsync(string name, CancellationToken cancellationToken) =>
        await FindUserAsync(name, cancellationToken)
        ?? throw new CommandException($"There is no user '{name}' in the account. All: stagedoor admin user list", ExitCode.NotFound);

    internal async Task<IReadOnlyList<AccountRole>> RolesAsync(CancellationToken cancellationToken) =>
        _roles ??= [.. (await client.GetAsync("/v3/roles", cancellationToken)).Items("roles").Select(AccountRole.Of)];

    internal async Task<AccountRole> RoleAsync(string name, CancellationToken cancellationToken)
    {
        var roles = await RolesAsync(cancellationToken);
        return roles.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandException(
                $"There is no role '{name}'."
                + (Likeness.Closest(name, roles.Select(static r => r.Name)) is { } meant ? $" Did you mean {meant}?" : $" There are: {string.Join(", ", roles.Select(static r => r.Name))}."),
                ExitCode.NotFound);
    }

    /// <summary>The path of a user's roles in the account, or in one of its projects.</summary>
    internal async Task<string> GrantsPathAsync(AccountUser user, string? project, CancellationToken cancellationToken)
    {
        if (project is null)
        {
            return $"/v3/domains/{(await AccountAsync(cancellationToken)).Id}/users/{user.Id}/roles";
        }

        var found = (await client.GetAsync($"/v3/projects?name={Uri.EscapeDataString(project)}", cancellationToken)).Items("projects")
            .FirstOrDefault(p => string.Equals(p.FindText("name"), project, StringComparison.Ordinal));
        return found.ValueKind is JsonValueKind.Object
            ? $"/v3/projects/{found.Word("id")}/users/{user.Id}/roles"
            : throw new CommandException($"There is no project '{project}' in the account.", ExitCode.NotFound);
    }

    internal async Task<IReadOnlyList<AccessKey>> KeysAsync(string userId, CancellationToken cancellationToken) =>
        [.. (await client.GetAsync($"{Keys}?user_id={Uri.EscapeDataString(userId)}", cancellationToken)).Items("credentials").Select(AccessKey.Of)];

    internal async Task<AccessKey> KeyAsync(string id, CancellationToken cancellationToken) =>
        AccessKey.Of((await client.GetAsync($"{Keys}/{Uri.EscapeDataString(id)}", cancellationToken)).Member("credential"));

    internal async Task<NewAccessKey> MakeKeyAsync(string userId, string description, CancellationToken cancellationToken)
    {
        var wanted = new JsonObject { ["credential"] = new JsonObject { ["user_id"] = userId, ["description"] = description } };
        var made = (await client.CallAsync(HttpMethod.Post, Keys, wanted, cancellationToken)).Member("credential");
        return new(made.Word("access"), made.Secret("secret"));
    }

    internal Task SwitchKeyAsync(string id, bool active, CancellationToken cancellationToken) => client.CallAsync(
        HttpMethod.Put,
        $"{Keys}/{Uri.EscapeDataString(id)}",
        new JsonObject { ["credential"] = new JsonObject { ["status"] = active ? "active" : "inactive" } },
        cancellationToken);

    internal Task DeleteKeyAsync(string id, CancellationToken cancellationToken) =>
        client.CallAsync(HttpMethod.Delete, $"{Keys}/{Uri.EscapeDataString(id)}", null, cancellationToken);
}
