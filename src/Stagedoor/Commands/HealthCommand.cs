using System.CommandLine;
using System.Text;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor health</c>: asks a running server whether it is well, for the health checks of containers and supervisors.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    internal static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of the installation whose server is asked (default ./data).", HelpName = "DIR" };
        var config = new Option<string?>("--config") { Description = "JSON file with the server's settings.", HelpName = "FILE" };
        var url = new Option<string?>("--url") { Description = "Address to ask instead of the one that the server listens on.", HelpName = "URL" };
        var ready = new Option<bool>("--ready") { Description = "Also whether it can serve: its databases and blob store (/readyz) and not only its life (/healthz)." };
        var command = new Command("health", "Ask a running server whether it is well: 0 when it is, else 1.") { data, config, url, ready };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var asked = parsed.GetValue(url) ?? AddressOf(new() { Data = parsed.GetValue(data), Config = parsed.GetValue(config) });
                return await AskAsync(Parse(asked), parsed.GetValue(ready), cancellationToken);
            }
            catch (StartupException e)
            {
                await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
                return 1;
            }
        });
        return command;
    }

    private static string AddressOf(ServeSettings settings)
    {
        using var configuration = new ConfigurationManager();
        ServeConfiguration.Collect(configuration, settings);
        return DataDirectory.FindAddress(configuration["Data"]!)
            ?? throw new StartupException($"No server of {Path.GetFullPath(configuration["Data"]!)} listens. Name its folder with --data, or its address with --url.");
    }

    private static Uri Parse(string url) => Listeners.FindOrigin(Listeners.Reachable(url))
        ?? throw new StartupException($"'{url}' is no address: http:// or https://, a host and a port.");

    private static async Task<int> AskAsync(Uri url, bool ready, CancellationToken cancellationToken)
    {
#pragma warning disable CA5400, MA0039 // It is asked whether it lives, and told nothing; its certificate bears the name that clients use, which is not this one.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true, UseProxy = false };
#pragma warning restore CA5400, MA0039
        using var client = new OutgoingClient(handler) { BaseAddress = url, Timeout = s_patience, MaxResponseContentBufferSize = ServerClient.MaxAnswer };
        try
        {
            using var response = await client.GetAsync(new Uri(ready ? "/readyz" : "/healthz", UriKind.Relative), cancellationToken);
            await Console.Out.WriteLineAsync(Printable.Of(Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken))));
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException e) when (ServerClient.IsTooMuch(e))
        {
            throw new StartupException($"{url.GetLeftPart(UriPartial.Authority)} {ServerClient.TooMuch}", e);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new StartupException($"{url.GetLeftPart(UriPartial.Authority)} does not answer: {e.Message}", e);
        }
    }
}
