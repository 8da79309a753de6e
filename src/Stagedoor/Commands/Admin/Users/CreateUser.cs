using System.CommandLine;
using System.Text.Json.Nodes;
using Stagedoor.Commands.Admin.Organizations;

namespace Stagedoor.Commands.Admin.Users;

/// <summary>
/// <c>stagedoor admin user create</c>: the user, its grants and roles and its key. What is there already stays, so that a run that broke off is
/// completed by the same line.
/// </summary>
internal static class CreateUser
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "The user's name: 1 to 32 letters, digits, spaces, '_', '-' and '.'." };
    private static readonly Option<string[]> s_push = new("--push") { Description = "Let it push to and pull from this organization, which is made when it is not there. May be repeated.", HelpName = "ORG" };
    private static readonly Option<string[]> s_pull = new("--pull") { Description = "Let it pull from this organization. May be repeated.", HelpName = "ORG" };
    private static readonly Option<string[]> s_role = new("--role") { Description = "Give it this role in the account. May be repeated.", HelpName = "ROLE" };
    private static readonly Option<bool> s_generate = new("--generate-password") { Description = "Make up a password and print it once. Without a password a user has keys alone." };
    private static readonly Option<bool> s_key = new("--key") { Description = "Make an access key; --push and --pull imply it." };
    private static readonly Option<string?> s_description = new("--description") { Description = "Who or what it is.", HelpName = "TEXT" };

    internal static Command Create() => ServerVerb.Create(
        "create",
        "Make a user with its grants, roles and access key, and print its login once; what is there already is completed.",
        [s_name, s_push, s_pull, s_role, Passwords.File, s_generate, s_key, s_description],
        RunAsync);

    private static async Task RunAsync(ServerCall call, CancellationToken cancellationToken)
    {
        var run = new Run(call, call.Get(s_name));
        if (call.Get(Passwords.File) is not null && call.Get(s_generate))
        {
            throw new CommandException("--password-file and --generate-password exclude each other.", ExitCode.Usage);
        }

        // Whatever can be refused without having made anything is looked at first.
        var password = Passwords.Read(call) ?? (call.Get(s_generate) ? Passwords.MakeUp() : null);
        var account = await call.Directory.AccountAsync(cancellationToken);
        var roles = new List<AccountRole>();
        foreach (var role in call.Get(s_role) ?? [])
        {
            roles.Add(await call.Directory.RoleAsync(role, cancellationToken));
        }

        var grants = await run.LookAsync(call.Get(s_push) ?? [], call.Get(s_pull) ?? [], cancellationToken);
        await run.MakeUserAsync(password, call.Get(s_description), cancellationToken);
        LoginLines? login = null;
        try
        {
            await run.GrantAsync(grants, roles, cancellationToken);
            if (grants.Count > 0 || call.Get(s_key))
            {
                login = await run.FindOrMakeKeyAsync(account, cancellationToken);
            }
        }
        catch (CommandException e)
        {
            throw new CommandException(
                $"{e.Message} Until then: {string.Join("; ", run.Done)}. The same line again goes on from there."
                + (run.IsMade && call.Get(s_generate) ? $" Its password was not shown: stagedoor admin user password {run.User.Name}" : ""),
                e.ExitCode,
                e);
        }

        run.Show(login, run.IsMade && call.Get(s_generate) ? password : null, password is not null && !run.IsMade);
    }

    private sealed class Run(ServerCall call, string name)
    {
        private readonly OrganizationAccess _organizations = new(call.Client);
        private readonly List<string> _done = [];
        private readonly JsonArray _granted = [];
        private readonly List<string> _roles = [];
        private string? _standing;

        internal IReadOnlyList<string> Done => _done;

        internal bool IsMade { get; private set; }

        internal AccountUser User { get; private set; } = null!;

        /// <summary>The grants that are wanted; those for pulling are on organizations that there are.</summary>
        internal async Task<List<(string Organization, Level Level, bool IsThere)>> LookAsync(string[] push, string[] pull, CancellationToken cancellationToken)
        {
            var grants = new List<(string Organization, Level Level, bool IsThere)>();
            foreach (var organization in push.Distinct(StringComparer.Ordinal))
            {
                grants.Add((organization, Level.Push, await _organizations.ExistsAsync(organization, cancellationToken)));
            }

            foreach (var organization in pull.Distinct(StringComparer.Ordinal).Except(push, StringComparer.Ordinal))
            {
                if (!await _organizations.ExistsAsync(organization, cancellationToken))
                {
                    throw new CommandException($"There is no organization '{organization}' to pull from. Nothing was made.", ExitCode.NotFound);
                }

                grants.Add((organization, Level.Pull, true));
            }

            return grants;
        }

        internal async Task MakeUserAsync(string? password, string? description, CancellationToken cancellationToken)
        {
            var asked = new JsonObject { ["name"] = name };
            if (password is not null)
            {
                asked["password"] = password;
            }

            if (description is not null)
            {
                asked["description"] = description;
            }

            try
            {
                User = AccountUser.Of((await call.Client.CallAsync(HttpMethod.Post, "/v3/users", new JsonObject { ["user"] = asked }, cancellationToken)).Member("user"));
                IsMade = true;
                Note($"user {name} made");
            }
            catch (ServerRefusal e) when (e.ExitCode is ExitCode.Conflict)
            {
                // Somebody else may have made it a moment ago, and this run as well, whose answer got lost.
                if (await call.Directory.FindUserAsync(name, cancellationToken) is not { } user)
                {
                    throw;
                }

                User = user;
                Note($"user {name} exists{(User.IsEnabled ? "" : ", and is disabled")}");
            }
        }

        internal async Task GrantAsync(
            IReadOnlyList<(string Organization, Level Level, bool IsThere)> grants, IReadOnlyList<AccountRole> roles, CancellationToken cancellationToken)
        {
            foreach (var (organization, level, isThere) in grants)
            {
                if (!isThere && await _organizations.MakeAsync(organization, cancellationToken))
                {
                    Note($"organization {organization} made");
                }

                var change = await _organizations.GrantAsync(organization, User, level, atLeast: true, cancellationToken);
                var words = new Grant(organization, User.Id, User.Name, (int)level).Words;
                _granted.Add(new JsonObject { ["organization"] = organization, ["may"] = words });
                Note($"may {words} in {organization}{(change is GrantChange.None ? " already" : "")}");
            }

            foreach (var role in roles)
            {
                var path = await call.Directory.GrantsPathAsync(User, null, cancellationToken);
                await call.Client.CallAsync(HttpMethod.Put, $"{path}/{role.Id}", null, cancellationToken);
                _roles.Add(role.Name);
                Note($"role {role.Name}");
            }
        }

        /// <summary>The login of a key just made; null when the user has one, whose secret nobody can show again.</summary>
        internal async Task<LoginLines?> FindOrMakeKeyAsync(OwnAccount account, CancellationToken cancellationToken)
        {
            var keys = IsMade ? [] : await call.Directory.KeysAsync(User.Id, cancellationToken);
            if (keys.FirstOrDefault(static k => k.IsActive) is { } known)
            {
                _standing = known.Id;
                Note($"access key {known.Id} exists");
                return null;
            }

            var login = new LoginLines(account, await call.Directory.MakeKeyAsync(User.Id, call.Get(s_description) ?? "", cancellationToken));
            Note("access key made");
            return login;
        }

        internal void Show(LoginLines? login, string? password, bool keepsPassword)
        {
            if (call.IsJson)
            {
                ServerCall.Write(new JsonObject
                {
                    ["id"] = User.Id,
                    ["name"] = User.Name,
                    ["made"] = IsMade,
                    ["grants"] = _granted,
                    ["roles"] = new JsonArray([.. _roles.Select(static r => (JsonNode)r)]),
                    ["password"] = password,
                    ["accessKey"] = login?.Variables[0].Value ?? _standing,
                    ["secretKey"] = login?.Variables[1].Value,
                    ["registry"] = login?.Json(),
                });
            }
            else
            {
                if (login is not null)
                {
                    ServerCall.Write(login.Docker);
                    ServerCall.Write("");
                    login.WriteVariables();
                    ServerCall.Write("");
                }

                foreach (var line in _done)
                {
                    // A comment for the shell that evaluates the lines above, and so one line.
                    ServerCall.Write($"# {Printable.Of(line)}");
                }

                if (password is not null)
                {
                    ServerCall.Write($"# password {password}");
                }
            }

            login?.Warn();
            if (_standing is not null)
            {
                ServerCall.Note($"the secret of {_standing} is shown only when it is made, and cannot be shown again. A new key: stagedoor admin key rotate {_standing}");
            }

            if (keepsPassword)
            {
                ServerCall.Note($"{User.Name} keeps its password. Another one: stagedoor admin user password {ShellWord.Of(User.Name)}");
            }
        }

        private void Note(string line) => _done.Add(line);
    }
}
