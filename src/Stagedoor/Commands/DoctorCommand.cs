using System.CommandLine;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor doctor</c></summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
        var urls = new Option<string?>("--urls") { Description = "Addresses it is to listen on.", HelpName = "URLS" };
        var config = new Option<string?>("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
        var command = new Command("doctor", "Check storage, ports, clock and certificates, and say what to do.") { data, urls, config };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new ServeSettings { Data = parsed.GetValue(data), Urls = parsed.GetValue(urls), Config = parsed.GetValue(config) };
            var bad = 0;
            await foreach (var finding in Doctor.ExamineAsync(settings, cancellationToken))
            {
                bad += finding.Advice is null ? 0 : 1;
                await Console.Out.WriteLineAsync($"{(finding.Advice is null ? "ok  " : "BAD ")} {finding.Subject}: {finding.Observation}");
                if (finding.Advice is { } advice)
                {
                    await Console.Out.WriteLineAsync($"     {advice}");
                }
            }

            await Console.Out.WriteLineAsync(bad == 0 ? "All is well." : $"{bad} to mend.");
            return bad == 0 ? 0 : 1;
        });
        return command;
    }
}
