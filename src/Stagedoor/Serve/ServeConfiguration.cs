using System.Globalization;
using System.Text.Json;

namespace Stagedoor.Serve;

/// <summary>Puts the settings together: defaults, then the file, then <c>STAGEDOOR__…</c> variables, then the command line.</summary>
internal static class ServeConfiguration
{
    /// <summary>What a configuration variable's name starts with; <c>STAGEDOOR__Images__MaxOrganizationsPerUser</c>.</summary>
    internal const string VariablePrefix = "STAGEDOOR__";

    /// <summary>What holds when nobody says otherwise, where it is not what the services would do by themselves.</summary>
    internal static IReadOnlyDictionary<string, string?> Defaults { get; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
    {
        ["Data"] = "data",
        ["Urls"] = "http://127.0.0.1:8080",
        // A first push should just work; the service's own default is the strict rule.
        ["Images:AutoCreateOrganization"] = "true",
        ["Logging:LogLevel:Default"] = "Warning",
        ["Logging:LogLevel:Stagedoor"] = "Information",
        // The gateway has a line and a scope of its own for each request; the framework's would name the query, secrets and all.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        // Its lines quote headers that cannot be read, which may be secrets.
        ["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests"] = "Information",
        // A start that fails says so itself, in one line.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = "None",
    };

    /// <exception cref="StartupException">The file cannot be read, or settings are wrong; the message tells all of them.</exception>
    internal static void Apply(ConfigurationManager configuration, ServeSettings settings)
    {
        Collect(configuration, settings);
        if (SettingCheck.Problems(configuration, settings.Modules) is not [] and var problems)
        {
            throw new StartupException(
                problems.Count == 1 ? problems[0] : $"{problems.Count} settings are wrong:\n  {string.Join("\n  ", problems)}");
        }
    }

    /// <summary>Puts the settings together without looking whether they are good.</summary>
    /// <exception cref="StartupException">The file cannot be read, or no folder is named.</exception>
    internal static void Collect(ConfigurationManager configuration, ServeSettings settings)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(Defaults);
        if (settings.Config is { } file)
        {
            AddFile(configuration, file);
        }

        ((IConfigurationBuilder)configuration).Add(new SettingVariables(settings.Variables));
        var arguments = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (settings.Data is not null)
        {
            arguments["Data"] = settings.Data;
        }

        if (settings.Urls is not null)
        {
            arguments["Urls"] = settings.Urls;
        }

        configuration.AddInMemoryCollection(arguments);
        configuration.AddInMemoryCollection(settings.Overrides);
        if (string.IsNullOrWhiteSpace(configuration["Data"]))
        {
            throw new StartupException($"Data is empty ({SettingSource.Of(configuration, "Data").Place}): name the folder of the installation, or leave it out for ./data.");
        }
    }

    private static void AddFile(ConfigurationManager configuration, string file)
    {
        if (!File.Exists(file))
        {
            throw new StartupException(Directory.Exists(file)
                ? $"The configuration file {file} is a folder. Name a JSON file with --config."
                : $"The configuration file {file} does not exist.");
        }

        try
        {
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The configuration file {file} cannot be read: {Cause(e)}", e);
        }
    }

    // The parser's own sentence names the line, but counts from 0, and ends in its internals.
    private static string Cause(Exception e)
    {
        var innermost = e.GetBaseException();
        return innermost is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"line {line + 1}, position {position + 1}: {innermost.Message[..innermost.Message.IndexOf(" LineNumber:", StringComparison.Ordinal)]}")
            : innermost.Message;
    }
}
