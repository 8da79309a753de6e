using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin;

/// <summary>What the owner of an access key pastes: logins of the registry, and the variables of the official SDKs.</summary>
internal sealed class LoginLines(OwnAccount account, NewAccessKey key)
{
    internal string Host => account.Url.Authority;

    internal string User => $"{account.Project}@{key.Id}";

    internal string Password { get; } = LoginKey.Compute(key.Id, key.Secret);

    private bool IsPlain => account.Url.Scheme is "http";

    internal string Docker => $"{Pipe} docker login {Who}";

    internal string Podman => $"{Pipe} podman login{NoTls} {Who}";

    internal string Skopeo => $"{Pipe} skopeo login{NoTls} {Who}";

    internal string Helm => $"{Pipe} helm registry login{(IsPlain ? " --plain-http" : "")} {Who}";

    /// <summary>The names are those that the SDKs read by themselves.</summary>
    internal IReadOnlyList<(string Name, string Value)> Variables { get; } =
    [
        ("HUAWEICLOUD_SDK_AK", key.Id), ("HUAWEICLOUD_SDK_SK", key.Secret), ("HUAWEICLOUD_SDK_PROJECT_ID", account.ProjectId), ("HUAWEICLOUD_SDK_DOMAIN_ID", account.Id),
    ];

    internal IEnumerable<string> Exports => Variables.Select(static v => $"export {v.Name}={ShellWord.Of(v.Value)}");

    private string NoTls => IsPlain ? " --tls-verify=false" : "";

    private string Who => $"-u {ShellWord.Of(User)} --password-stdin {ShellWord.Of(Host)}";

    private string Pipe => $"printf %s '{Password}' |";

    internal void WriteVariables()
    {
        foreach (var line in Exports)
        {
            ServerCall.Write(line);
        }
    }

    /// <summary>Says what the address is worth to somebody else.</summary>
    internal void Warn()
    {
        if (account.Url.IsLoopback)
        {
            ServerCall.Note($"warning: {Host} is this machine alone; elsewhere the line needs the name that others reach it by. ExternalUrl tells the server.");
        }
        else if (IsPlain)
        {
            ServerCall.Note($"warning: {Host} is plain HTTP, and keys travel readably; docker needs it in \"insecure-registries\".");
        }
    }

    internal JsonObject Json() => new()
    {
        ["host"] = Host,
        ["user"] = User,
        ["password"] = Password,
        ["docker"] = Docker,
        ["podman"] = Podman,
        ["skopeo"] = Skopeo,
        ["helm"] = Helm,
        ["variables"] = new JsonObject(Variables.Select(static v => KeyValuePair.Create(v.Name, (JsonNode?)v.Value))),
    };
}
