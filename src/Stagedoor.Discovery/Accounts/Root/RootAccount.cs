using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Log;

namespace Stagedoor.Discovery.Accounts.Root;

/// <summary>Makes the account root when there is none, before the first request comes.</summary>
internal sealed partial class RootAccount(
    AccountDirectory directory,
    AccountWriter accounts,
    RegistryWriter writer,
    ISecretFiles files,
    IOptions<RbacOptions> options,
    IdSource ids,
    ILogger<RootAccount> logger) : IHostedService
{
    private const string FileName = "registry-root.json";
    private const int RandomLength = 24;

    // What a password must have besides; the rest is random.
    private const string Kinds = "Aa1-";

    internal sealed record Kept(string Name, string Password);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        await writer.CatchUpAsync();
        if (directory.FindAccount(Account.Root) is not null)
        {
            return;
        }

        if (options.Value.RootPassword is { Length: > 0 } chosen)
        {
            await accounts.CreateRootAsync(chosen);
            return;
        }

        await MakeUpAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The file goes first: a password in the database that nobody was told is lost, a file of an account that never was is replaced.
    private async Task MakeUpAsync(CancellationToken cancellationToken)
    {
        var password = Kinds + ids.NewSecret(RandomLength);
        var path = await files.WriteAsync(
            FileName, JsonSerializer.SerializeToUtf8Bytes(new Kept(Account.Root, password), AccountsJson.Wire.Kept), cancellationToken);
        if (await accounts.CreateRootAsync(password))
        {
            LogMadeUp(path);
        }
        else
        {
            // Another replica was faster, and the password is the one that it keeps.
            files.Delete(FileName);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The registry's account root was made; its password is in {Path}. Change it with POST /v4/accounts/root/password and delete the file")]
    private partial void LogMadeUp(string path);
}
