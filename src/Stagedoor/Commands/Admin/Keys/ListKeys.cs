using System.CommandLine;

namespace Stagedoor.Commands.Admin.Keys;

/// <summary><c>stagedoor admin key list</c></summary>
internal static class ListKeys
{
    internal static Command Create()
    {
        var user = new Option<string?>("--user") { Description = "Only this user's.", HelpName = "NAME" };
        return ServerVerb.Create("list", "Access keys, without their secrets, with the time of their last use.", [user], async (call, cancellationToken) =>
        {
            var owners = call.Get(user) is { } name
                ? [await call.Directory.UserAsync(name, cancellationToken)]
                : (await call.Client.GetAsync("/v3/users", cancellationToken)).Items("users").Select(AccountUser.Of).ToList();
            var keys = new List<(AccountUser Owner, AccessKey Key, string? LastUsedAt)>();
            foreach (var owner in owners)
            {
                foreach (var key in await call.Directory.KeysAsync(owner.Id, cancellationToken))
                {
                    keys.Add((owner, key, await FindLastUseAsync(call, key.Id, cancellationToken)));
                }
            }

            call.List<(AccountUser Owner, AccessKey Key, string? LastUsedAt)>(
                "keys",
                [
                    ("Access key", "accessKey", static k => k.Key.Id),
                    ("User", "user", static k => k.Owner.Name),
                    ("Active", "active", static k => k.Key.IsActive),
                    ("Made", "createdAt", static k => k.Key.CreatedAt),
                    ("Last used", "lastUsedAt", k => IsUnused(k.Key, k.LastUsedAt) ? (call.IsJson ? null : "never") : k.LastUsedAt),
                    ("For", "description", static k => k.Key.Description),
                ],
                keys);
        });
    }

    // A key that was never used has the time at which it was made.
    private static bool IsUnused(AccessKey key, string? lastUsedAt) => string.Equals(lastUsedAt, key.CreatedAt, StringComparison.Ordinal);

    // The root user's keys are its own matter: others see that they are there, and no more.
    private static async Task<string?> FindLastUseAsync(ServerCall call, string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await call.Client.GetAsync($"/v3.0/OS-CREDENTIAL/credentials/{Uri.EscapeDataString(id)}", cancellationToken)).Member("credential").FindText("last_use_time");
        }
        catch (ServerRefusal e) when (e.ExitCode is ExitCode.NotFound)
        {
            return null;
        }
    }
}
