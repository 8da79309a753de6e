using System.Net;
using System.Text;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>What a start prints: the address; after a first start also the keys and commands to paste.</summary>
internal static class Banner
{
    /// <summary>Everything that a start prints.</summary>
    /// <param name="url">Where callers reach it.</param>
    /// <param name="others">The ports of modules.</param>
    /// <param name="made">The account to show; null after the first start.</param>
    /// <param name="keysFile">The file with its keys; null when there is none.</param>
    /// <param name="certificate">The PEM file of an https address.</param>
    /// <param name="isTerminal">A person reads this. What is not a terminal is a log, where no secret belongs.</param>
    internal static string Text(
        string url,
        IReadOnlyList<(ModuleListener Listener, string Address)> others,
        FirstRun? made,
        string? keysFile,
        string? certificate,
        bool isTerminal)
    {
        var text = new StringBuilder(Address(url)).AppendLine();
        foreach (var (listener, address) in others)
        {
            text.AppendLine($"{listener.Title} is also at {address}");
        }

        if (made is not null && keysFile is not null)
        {
            text.AppendLine();
            if (isTerminal)
            {
                AppendKeys(text, made, keysFile);
                AppendCommands(text, made, Path.GetDirectoryName(keysFile)!, certificate);
            }
            else
            {
                text.AppendLine("This first start made an account. Its keys are in " + keysFile)
                    .AppendLine("(readable by this user alone). Move that file to a safe place, and leave it out of backups.");
            }
        }
        else if (keysFile is not null)
        {
            text.AppendLine($"The keys of the first start are still in {keysFile}: move that file to a safe place.");
        }

        return text.ToString().TrimEnd('\r', '\n');
    }

    internal static string Address(string url) => $"Stagedoor {Build.Version} is ready at {url}";

    /// <summary>The address for people: one that listens everywhere is called by the machine's name.</summary>
    internal static string Shown(string address, string? externalUrl)
    {
        if (externalUrl is not null)
        {
            return externalUrl.TrimEnd('/');
        }

        var uri = new UriBuilder(address);
        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)))
        {
            uri.Host = Dns.GetHostName();
            return uri.Uri.GetLeftPart(UriPartial.Authority);
        }

        return address;
    }

    private static void AppendKeys(StringBuilder text, FirstRun run, string keysFile) => text
        .AppendLine("This first start made an account. Its secrets are shown only now, and kept in")
        .AppendLine(keysFile + " (readable by you alone).")
        .AppendLine("Move that file to a safe place, and leave it out of backups.").AppendLine()
        .Append("  account      ").Append(run.Domain).Append("  (").Append(run.DomainId).AppendLine(")")
        .Append("  project      ").Append(run.Project).Append("  (").Append(run.ProjectId).AppendLine(")")
        .Append("  user         ").Append(run.User).Append("  (").Append(run.UserId).AppendLine(")")
        .Append("  password     ").AppendLine(run.Password)
        .Append("  access key   ").AppendLine(run.AccessKey)
        .Append("  secret key   ").AppendLine(run.SecretKey)
        .Append("  registry     ").AppendLine(run.RegistryUser)
        .Append("               ").AppendLine(run.RegistryKey).AppendLine();

    private static void AppendCommands(StringBuilder text, FirstRun run, string dataDirectory, string? certificate)
    {
        var uri = new Uri(run.Url);
        var host = uri.Authority;
        var isTls = uri.Scheme is "https";
        var login = $"printf %s '{run.RegistryKey}' | ";
        if (isTls && certificate is not null)
        {
            text.AppendLine($"Clients must trust {certificate}: unless their system does, copy its authority")
                .AppendLine($"to /etc/docker/certs.d/{host}/ca.crt (docker) or /etc/containers/certs.d/{host}/ca.crt (podman, skopeo).").AppendLine();
        }
        else if (!isTls && !uri.IsLoopback)
        {
            text.AppendLine("Warning: this is plain HTTP on an address that others reach, and keys travel readably. Set Tls:Certificate and Tls:Key,")
                .AppendLine($"or put a proxy in front. Until then docker needs \"insecure-registries\": [\"{host}\"] in its daemon.json.").AppendLine();
        }

        text.AppendLine("Log in and push a tiny image (the organization is made on the first push):").AppendLine()
            .Append("  ").Append(login).AppendLine($"docker login -u {run.RegistryUser} --password-stdin {host}")
            .AppendLine($"  tar -c -C '{dataDirectory}' {SampleImage.Name}/oci-layout | docker import - {host}/team-a/hello:1.0 && docker push {host}/team-a/hello:1.0")
            .AppendLine().AppendLine("The same without docker:").AppendLine()
            .Append("  ").Append(login).AppendLine($"skopeo login{(isTls ? "" : " --tls-verify=false")} -u {run.RegistryUser} --password-stdin {host}")
            .AppendLine($"  skopeo copy{(isTls ? "" : " --dest-tls-verify=false")} 'oci:{dataDirectory}/{SampleImage.Name}:1.0' docker://{host}/team-a/hello:1.0")
            .AppendLine().AppendLine("Get a token:").AppendLine()
            .Append("  curl -sS -i ").Append(isTls && certificate is not null ? $"--cacert '{certificate}' " : "").Append(run.Url)
            .Append("/v3/auth/tokens -H 'Content-Type: application/json' -d '").Append(TokenRequest(run)).AppendLine("' | grep -i x-subject-token");
    }

    private static string TokenRequest(FirstRun run) => string.Concat(
        """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":""",
        $"\"{run.User}\",\"password\":\"{run.Password}\",\"domain\":{{\"name\":\"{run.Domain}\"",
        """}}}},"scope":{"project":{"name":""",
        $"\"{run.Project}\"",
        "}}}}");
}
