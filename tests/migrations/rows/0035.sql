UPDATE administration.settings SET export_details_required = true;
