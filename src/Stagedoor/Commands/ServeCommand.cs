using System.CommandLine;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor serve</c></summary>
internal static class ServeCommand
{
    internal static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of the installation, made when missing (default ./data).", HelpName = "DIR" };
        var urls = new Option<string?>("--urls")
        {
            Description = "Addresses to listen on, separated by ';' (default http://127.0.0.1:8080).",
            HelpName = "URLS",
        };
        var config = new Option<string?>("--config") { Description = "JSON file with settings; STAGEDOOR__… variables win over it.", HelpName = "FILE" };
        var command = new Command("serve", "Start the services and serve until stopped (Ctrl-C or SIGTERM).") { data, urls, config };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new ServeSettings { Data = parsed.GetValue(data), Urls = parsed.GetValue(urls), Config = parsed.GetValue(config) };
            foreach (var warning in SettingCheck.Warnings(settings))
            {
                await Console.Error.WriteLineAsync($"stagedoor: warning: {warning}");
            }

            try
            {
                if (await StagedoorHost.RunAsync(settings, cancellationToken))
                {
                    return 0;
                }

                await Console.Error.WriteLineAsync("stagedoor: it stopped without having been asked to; the log says what befell it.");
                return 1;
            }
            catch (StartupException e)
            {
                await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
                if (parsed.GetValue(UnexpectedError.Verbose) && e.InnerException is not null)
                {
                    await Console.Error.WriteLineAsync(e.InnerException.ToString());
                }

                return 1;
            }
        });
        return command;
    }
}
