#include "reader.h"

#include "secondchair/store.h"

static _Thread_local struct sc_reader *own;

void sc_readers_init(struct sc_readers *readers, struct sc_store *store)
{
    *readers = (struct sc_readers){.store = store};
    pthread_mutex_init(&readers->lock, NULL);
}

void sc_readers_fini(struct sc_readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) sc_reader_close(readers->reader[i]);
    readers->count = 0;
    pthread_mutex_destroy(&readers->lock);
}

struct sc_reader *sc_readers_own(struct sc_readers *readers)
{
    if (own) return own;
    pthread_mutex_lock(&readers->lock);
    if (readers->count < SC_READERS_MAX) {
        own = sc_reader_open(readers->store);
        if (own) readers->reader[readers->count++] = own;
    }
    pthread_mutex_unlock(&readers->lock);
    return own;
}
