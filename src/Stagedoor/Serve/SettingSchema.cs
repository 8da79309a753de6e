namespace Stagedoor.Serve;

/// <summary>The JSON schema of the settings file: <c>docs/settings.schema.json</c>, which a test makes from <see cref="SettingNames"/>.</summary>
internal static class SettingSchema
{
    /// <summary>The name of its file, and of the page that it is served as.</summary>
    internal const string FileName = "settings.schema.json";

    private static readonly Lazy<string> s_text = new(static () =>
    {
        using var stream = typeof(SettingSchema).Assembly.GetManifestResourceStream(FileName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    /// <summary>The schema.</summary>
    internal static string Text => s_text.Value;
}
