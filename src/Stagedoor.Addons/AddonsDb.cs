using Stagedoor.Storage;

namespace Stagedoor.Addons;

/// <summary>The tables of the add-on manager.</summary>
internal sealed class AddonsDb(IDatabaseEngine engine) : Db(engine.Open("addons"));
