using System.Text;

namespace Stagedoor.Serve;

/// <summary>What a start prints: the address; on the first start also the keys and commands to paste.</summary>
internal static class Banner
{
    internal static string FirstStart(FirstRun run, string dataDirectory)
    {
        var host = new Uri(run.Url).Authority;
        var tls = run.Url.StartsWith("https:", StringComparison.Ordinal) ? "" : " --dest-tls-verify=false";
        var text = new StringBuilder();
        text.AppendLine(Address(run.Url)).AppendLine()
            .AppendLine("This first start made an account. Its secrets are shown only now, and kept in")
            .AppendLine(Path.Combine(dataDirectory, FirstRunFile.Name) + " (readable by you alone):").AppendLine()
            .Append("  account      ").Append(run.Domain).Append("  (").Append(run.DomainId).AppendLine(")")
            .Append("  project      ").Append(run.Project).Append("  (").Append(run.ProjectId).AppendLine(")")
            .Append("  user         ").Append(run.User).Append("  (").Append(run.UserId).AppendLine(")")
            .Append("  password     ").AppendLine(run.Password)
            .Append("  access key   ").AppendLine(run.AccessKey)
            .Append("  secret key   ").AppendLine(run.SecretKey)
            .Append("  registry     ").AppendLine(run.RegistryUser)
            .Append("               ").AppendLine(run.RegistryKey).AppendLine()
            .AppendLine("Log in and push an image (the organization is made on the first push):").AppendLine()
            .Append("  docker login -u ").Append(run.RegistryUser).Append(" -p ").Append(run.RegistryKey).Append(' ').AppendLine(host)
            .Append("  skopeo copy").Append(tls).Append(" --dest-creds '").Append(run.RegistryUser).Append(':').Append(run.RegistryKey)
            .Append("' oci:some-image:1 docker://").Append(host).AppendLine("/team-a/app:1.0").AppendLine()
            .AppendLine("Get a token:").AppendLine()
            .Append("  curl -si ").Append(run.Url).Append("/v3/auth/tokens -H 'Content-Type: application/json' -d '")
            .Append(TokenRequest(run))
            .AppendLine("' | grep -i x-subject-token");
        return text.ToString();
    }

    internal static string Address(string url) => $"Stagedoor {Build.Version} is ready at {url}";

    private static string TokenRequest(FirstRun run) => string.Concat(
        """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":""",
        $"\"{run.User}\",\"password\":\"{run.Password}\",\"domain\":{{\"name\":\"{run.Domain}\"",
        """}}}},"scope":{"project":{"name":""",
        $"\"{run.Project}\"",
        "}}}}");
}
