using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a first start over TLS prints to a person, pasted as it stands on a machine that trusts the certificate.</summary>
public sealed class TlsBannerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new() { Urls = "https://127.0.0.1:0", IsAtTerminal = true };

    private string Certificate => Path.Combine(_folder.Path, "server.pem");

    public async ValueTask InitializeAsync()
    {
        Tool.Require("script", "openssl", "skopeo", "curl");
        var key = Path.Combine(_folder.Path, "server.key");
        await TestCertificate.IssueAsync(Certificate, key, "stagedoor");
        await _stagedoor.StartAsync(("Tls__Certificate", Certificate), ("Tls__Key", key));
    }

    [Fact]
    public async Task Its_commands_work_over_TLS()
    {
        (await PasteAsync("skopeo login")).ShouldSucceed();
        (await PasteAsync("skopeo copy")).ShouldSucceed();
        var token = (await PasteAsync("curl")).ShouldSucceed();

        Assert.Matches("(?i)^x-subject-token: [^ ]{20,}\r?\n$", token.Output);
    }

    [Fact]
    public async Task It_says_which_file_clients_must_trust_and_where_to_put_it()
    {
        await PrintedCommands.AllAsync(_stagedoor);

        Assert.Contains($"Clients must trust {Certificate}", _stagedoor.Output, StringComparison.Ordinal);
        Assert.Contains($"/etc/containers/certs.d/{_stagedoor.Host}/ca.crt", _stagedoor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("plain HTTP", _stagedoor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--tls-verify=false", _stagedoor.Output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<ToolResult> PasteAsync(string name) =>
        await Tool.RunAsync(new ToolCall("sh", ["-c", await PrintedCommands.FindAsync(_stagedoor, name)])
        {
            Folder = _folder.Path,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["REGISTRY_AUTH_FILE"] = Path.Combine(_folder.Path, "auth.json"),
                // The system's own authorities, for programs in Go.
                ["SSL_CERT_FILE"] = Certificate,
            },
        });
}
