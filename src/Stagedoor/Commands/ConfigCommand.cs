using System.CommandLine;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor config show|check|schema</c>: the settings of a start, without starting. Nothing is looked at but settings.</summary>
internal static class ConfigCommand
{
    private static readonly Argument<string[]> s_names = new("NAME") { Description = "Only settings whose key contains one of these.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_urls = new("--urls") { Description = "Addresses it is to listen on.", HelpName = "URLS" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
    private static readonly Option<bool> s_changed = new("--changed") { Description = "Only settings that somebody has set." };
    private static readonly Option<bool> s_json = new("--json") { Description = "As JSON, for programs." };

    internal static Command Create()
    {
        var command = new Command("config", "Show every setting with its value and where that comes from, or check them.")
        {
            s_names, s_data, s_urls, s_config, s_changed, s_json,
        };
        // Without a verb it is the first.
        command.SetAction(ShowAsync);
        command.Add(Show());
        command.Add(Check());
        command.Add(Schema());
        return command;
    }

    private static Command Show()
    {
        var command = new Command("show", "Show every setting with its value and where that comes from, secrets masked.")
        {
            s_names, s_data, s_urls, s_config, s_changed, s_json,
        };
        command.SetAction(ShowAsync);
        return command;
    }

    private static Command Check()
    {
        var command = new Command("check", "Tell everything in the settings that a start would refuse; ends with 1 when there is something.") { s_data, s_urls, s_config };
        command.SetAction((parsed, _) => CheckConfig.RunAsync(Settings(parsed), Console.Out, Console.Error));
        return command;
    }

    private static Command Schema()
    {
        var command = new Command("schema", "Print the JSON schema of the settings file, for editors.");
        command.SetAction(static (_, _) => Console.Out.WriteAsync(SettingSchema.Text));
        return command;
    }

    private static Task<int> ShowAsync(ParseResult parsed, CancellationToken cancellationToken) => ShowConfig.RunAsync(
        Settings(parsed), new(parsed.GetValue(s_names) ?? [], parsed.GetValue(s_changed), parsed.GetValue(s_json)), Console.Out, Console.Error);

    private static ServeSettings Settings(ParseResult parsed) =>
        new() { Data = parsed.GetValue(s_data), Urls = parsed.GetValue(s_urls), Config = parsed.GetValue(s_config) };
}
