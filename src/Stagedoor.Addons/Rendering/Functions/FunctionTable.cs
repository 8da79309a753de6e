using System.Collections.Frozen;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Every function that a template may call, by name.</summary>
internal static class FunctionTable
{
    private static readonly FrozenDictionary<string, GoFunction> s_functions = Build();

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => s_functions.Keys;

    public static GoFunction? Find(string name) => s_functions.GetValueOrDefault(name);

    private static FrozenDictionary<string, GoFunction> Build()
    {
        var all = new Builder();
        LanguageFunctions.AddTo(all);
        StringFunctions.AddTo(all);
        WordFunctions.AddTo(all);
        ListFunctions.AddTo(all);
        MapFunctions.AddTo(all);
        MathFunctions.AddTo(all);
        TypeFunctions.AddTo(all);
        EncodingFunctions.AddTo(all);
        RegexFunctions.AddTo(all);
        TimeFunctions.AddTo(all);
        CryptoFunctions.AddTo(all);
        PathFunctions.AddTo(all);
        SemverFunctions.AddTo(all);
        HelmFunctions.AddTo(all);
        return all.ToFrozen();
    }

    /// <summary>Collects functions.</summary>
    internal sealed class Builder
    {
        private readonly Dictionary<string, GoFunction> _functions = new(StringComparer.Ordinal);

        /// <summary>Adds one under its names, which commas separate.</summary>
        public Builder Add(string names, string signature, FunctionBody body)
        {
            foreach (var name in names.Split(','))
            {
                _functions.Add(name, new(name, signature, body));
            }

            return this;
        }

        /// <summary>Adds one that needs nothing but its arguments.</summary>
        public Builder Add(string names, string signature, Func<object?[], object?> body) => Add(names, signature, (_, a) => body(a));

        public FrozenDictionary<string, GoFunction> ToFrozen() => _functions.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
