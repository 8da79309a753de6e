namespace Stagedoor.Serve;

/// <summary>The settings among the variables of the environment.</summary>
/// <param name="variables">All variables.</param>
internal sealed class SettingVariables(IReadOnlyDictionary<string, string> variables) : ConfigurationProvider, IConfigurationSource
{
    private readonly Dictionary<string, string> _written = new(StringComparer.OrdinalIgnoreCase);

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
    {
        foreach (var (name, value) in variables)
        {
            if (name.StartsWith(ServeConfiguration.VariablePrefix, StringComparison.OrdinalIgnoreCase))
            {
                var key = name[ServeConfiguration.VariablePrefix.Length..].Replace("__", ":", StringComparison.Ordinal);
                Data[key] = value;
                _written[key] = name;
            }
        }
    }

    /// <summary>The variable that sets <paramref name="key"/>, in the letters that the user chose: any case sets it.</summary>
    internal string NameOf(string key) => _written[key];
}
