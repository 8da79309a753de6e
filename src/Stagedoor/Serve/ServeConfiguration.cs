namespace Stagedoor.Serve;

/// <summary>Puts the settings together: defaults, then the file, then <c>STAGEDOOR__…</c> variables, then the command line.</summary>
internal static class ServeConfiguration
{
    /// <summary>What a configuration variable's name starts with; <c>STAGEDOOR__Images__MaxOrganizationsPerUser</c>.</summary>
    internal const string VariablePrefix = "STAGEDOOR__";

    /// <exception cref="StartupException">The file cannot be read, or names a setting that does not exist.</exception>
    internal static void Apply(ConfigurationManager configuration, ServeSettings settings)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Data"] = "data",
            ["Urls"] = "http://127.0.0.1:8080",
            // A first push should just work; the service's own default is the strict rule.
            ["Images:AutoCreateOrganization"] = "true",
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:LogLevel:Stagedoor"] = "Information",
            // A start that fails says so itself, in one line.
            ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = "None",
        });
        if (settings.Config is { } file)
        {
            AddFile(configuration, file);
        }

        configuration.AddEnvironmentVariables(VariablePrefix);
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
        SettingNames.Check(configuration);
    }

    private static void AddFile(ConfigurationManager configuration, string file)
    {
        if (!File.Exists(file))
        {
            throw new StartupException($"The configuration file {file} does not exist.");
        }

        try
        {
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The configuration file {file} cannot be read: {(e.InnerException ?? e).Message}", e);
        }
    }
}
